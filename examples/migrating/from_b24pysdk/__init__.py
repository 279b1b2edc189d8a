"""What was written with b24pysdk."""
