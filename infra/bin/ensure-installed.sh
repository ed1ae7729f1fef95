#!/bin/sh
# Lets `npm start` and `npm test` work from a bare clone: installs when the package named is not there yet. Part of the
# scripts themselves, since npm runs no pre-scripts under .npmrc's ignore-scripts.
[ -d "node_modules/$1" ] || npm ci
