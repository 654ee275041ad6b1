#!/bin/sh
# Makes the namespace, which keeps closed histories for 365 days, and the search
# attributes; repeating it changes nothing. The address is in TEMPORAL_ADDRESS.
set -eu
temporal operator namespace describe -n kawal >/dev/null 2>&1 ||
	temporal operator namespace create -n kawal --retention 365d
have=$(temporal operator search-attribute list -n kawal)
while read -r name type; do
	case $have in *"$name"*) continue ;; esac
	temporal operator search-attribute create -n kawal --name "$name" --type "$type" </dev/null
done <<LIST
KawalStage Keyword
KawalSLA Keyword
KawalAgency Keyword
KawalCategory Keyword
KawalRegion Keyword
KawalChannel Keyword
KawalOutcome Keyword
KawalMovedBy Keyword
KawalDueAt Datetime
KawalRound Int
LIST
