"""``python -m bitrix_events``."""

from bitrix_events.cli.main import main

if __name__ == "__main__":
    main()
