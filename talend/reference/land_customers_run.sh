# Rendered from contracts by `lakehouse contracts render`; do not edit.
# The reference job of customers, with the interface of an exported job's launcher.
exec "${LAKEHOUSE_PYTHON:-python3}" -m lakehouse.orchestration.talend.reference_job customers "$@"
