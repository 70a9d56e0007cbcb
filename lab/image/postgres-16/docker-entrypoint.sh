#!/bin/sh
# Stands for the official image's entry point: what the container is asked to run, it runs.
exec "$@"
