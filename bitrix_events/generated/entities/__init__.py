# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.
