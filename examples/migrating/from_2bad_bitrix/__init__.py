"""What was written with @2bad/bitrix."""
