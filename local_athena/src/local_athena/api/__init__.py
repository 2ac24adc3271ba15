"""The Athena API by its published service model."""
