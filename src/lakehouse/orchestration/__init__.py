"""What Airflow runs: thin DAG files call this package, this package calls the others.

`tasks` is free of Airflow, so every task's work can be tried and tested without it; `assets`,
`defaults`, `schedule`, `retries`, `callbacks` and `dbt` are the pieces that DAG files are made of.
"""
