# The app of this folder: put your modules beside it, or use this image as a base.
#
#   docker build -t my-app .
#   docker run -p 8000:8000 -v my-data:/data --env-file .env my-app

FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY bitrix_events ./bitrix_events
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir ".[postgres]"

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /app app && install -d -o app -g app -m 700 /data
COPY --from=build /venv /venv
COPY examples/hello.py /app/hello.py
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    BITRIX_EVENTS_STORE=sqlite:////data/bitrix_events.db \
    BITRIX_EVENTS_OUTAGE_FOLDER=/data/outage
WORKDIR /app
USER app
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD \
    ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["bitrix-events", "run", "hello:app", "--host", "0.0.0.0"]
