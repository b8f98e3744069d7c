"""One command measures geoprox and its peers: `python -m benchmarks`; README.md says what a row means."""
