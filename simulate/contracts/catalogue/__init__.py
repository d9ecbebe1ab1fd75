"""One YAML file a contract: dated, cited numbers."""
