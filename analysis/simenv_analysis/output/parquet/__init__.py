"""Runs as Parquet tables, for polars, pandas, DuckDB and R."""
