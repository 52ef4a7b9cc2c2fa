#!/usr/bin/env bash
# Finds out whether Orleans can be restored and built here, and tells the build by artifacts/orleans.props.
#
# The answer is kept until the SDK, the package sources or the probe change; a "no" is asked again after an hour, since
# a feed may have been down. Prints nothing and always succeeds: without Orleans everything else still builds.
# The probe's own output stays in artifacts/orleans-probe/log.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 0

readonly probe=infra/orleans/probe
readonly work=artifacts/orleans-probe
readonly answer=artifacts/orleans.props

# What the answer depends on, a directory feed's content included.
fingerprint() {
  {
    dotnet --version
    sources=$(dotnet nuget list source)
    printf '%s\n' "$sources"
    while read -r source; do
      [ -d "$source" ] && ls "$source"
    done <<<"$sources"
    cat "$probe"/*.cs* "$probe"/*.props infra/orleans/probe.sh
  } 2>/dev/null | sha256sum
}

# The one version that all three packages were restored in; nothing when they differ.
restored_version() {
  sed -nE 's,^ *"Microsoft\.Orleans\.(Sdk|Server|TestingHost)/([^"]+)": \{$,\2,p' \
    "$work/obj/Probe/project.assets.json" | sort -u | awk '{ version = $0 } END { if (NR == 1) print version }'
}

try_build() {
  rm -rf "$work/obj" "$work/bin"
  dotnet build "$probe/Probe.csproj" -m:1 -nodeReuse:false -p:UseSharedCompilation=false --nologo
} >"$work/log" 2>&1 </dev/null

write_answer() {
  printf '%s\n' \
    '<Project>' \
    '  <PropertyGroup>' \
    '    <WithOrleans>true</WithOrleans>' \
    "    <OrleansVersion>$1</OrleansVersion>" \
    '  </PropertyGroup>' \
    '</Project>' >"$answer.new" && mv "$answer.new" "$answer"
}

main() {
  mkdir -p "$work" || return
  local now
  now=$(fingerprint)
  if [ -f "$answer" ]; then
    [ "$now" = "$(cat "$work/yes" 2>/dev/null)" ] && return
  elif [ -n "$(find "$work/no" -mmin -60 2>/dev/null)" ]; then
    [ "$now" = "$(cat "$work/no")" ] && return
  fi

  rm -f "$work/yes" "$work/no"
  local version=
  try_build && version=$(restored_version)
  if [ -n "$version" ]; then
    write_answer "$version" && printf '%s\n' "$now" >"$work/yes"
  else
    rm -f "$answer"
    printf '%s\n' "$now" >"$work/no"
  fi
}

main
exit 0
