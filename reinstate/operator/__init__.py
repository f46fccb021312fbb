"""What an operator asks for from the command line: `make doctor`, `preview`, `report`, `review`."""
