#!/bin/sh
# Lets `npm start` and `npm test` work from a bare clone: installs when the package named is not there yet.
[ -d "node_modules/$1" ] || npm ci
