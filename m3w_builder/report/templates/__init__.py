"""The pages that the report and the browser fill."""
