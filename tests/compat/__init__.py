"""Clients that others wrote, unmodified, at work with the fake portal: they expect a real one."""
