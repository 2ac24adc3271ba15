"""The AWS protocol that Athena and Glue share: published service models, and paging."""
