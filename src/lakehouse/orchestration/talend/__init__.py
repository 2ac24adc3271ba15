"""Run landing jobs that Talend executes, and count them as done only when their manifest says so.

`statuses` and `api` are the Management Console's HTTP interface, `acceptance` says whether a batch
landed; both are free of Airflow. `hook`, `trigger` and `operators` are what DAG files use;
`reference_job` is a job with Talend's launcher interface over the project's own loader.
"""
