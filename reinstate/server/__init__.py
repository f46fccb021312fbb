"""The process: settings, start and end, masking, metrics."""
