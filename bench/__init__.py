"""Speed and memory of the real parts, beside floors measured in the same run. ``make bench``; docs/benchmarks.md."""
