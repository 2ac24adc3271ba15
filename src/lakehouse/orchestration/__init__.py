"""What Airflow runs: thin DAG files call this package, this package calls the others.

`tasks` is free of Airflow, so every task's work can be tried and tested without it; `assets`,
`defaults`, `schedule`, `waiting`, `retries`, `callbacks`, `dbt` and `dbt_artifacts` are the pieces
that DAG files are made of. `talend` runs the landing jobs that are Talend's.
"""
