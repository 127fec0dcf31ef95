# One image for migrate, serve and worker. Secrets are mounted when it runs, never copied in.
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/yupei
# The packages first: a change of our own code does not install them again.
COPY pyproject.toml constraints.txt README.md ./
RUN mkdir accreditation matching services sql \
    && /opt/yupei/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt . \
    && /opt/yupei/bin/pip uninstall -q -y yupei
COPY . .
RUN /opt/yupei/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .

FROM python:3.11-slim
RUN useradd --uid 10001 --no-create-home --home-dir /var/lib/yupei yupei \
    && install -d -o yupei -g yupei -m 0700 /var/lib/yupei
COPY --from=build /opt/yupei /opt/yupei
ENV PATH=/opt/yupei/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    NUMBA_CACHE_DIR=/tmp/numba YUPEI_HOME=/var/lib/yupei YUPEI_HOST=0.0.0.0
USER yupei
EXPOSE 8080
ENTRYPOINT ["yupei"]
CMD ["serve"]
