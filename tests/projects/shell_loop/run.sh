#!/bin/bash
while :; do date; sleep 60; done
