# Taking an application off an instance that stays.

uninstall_application() { # this application's own things are gone; a folder that was there before keeps what is not ours
  local name
  stop_application
  enter uninstall
  remove_boot_unit
  for name in app.log app.pid; do
    [ "$(readlink -- "$root/$name")" != "$shared/$name" ] || rm -f -- "$root/$name"
  done
  remove_own_archives
  if [ -e "$state/was_there" ]; then
    { remove_inside "$home" releases && rm -f -- "$home/current" && remove_state; } ||
      { set_failure uninstall.refused "$home could not be cleaned" || fail; }
    message="$application_name is uninstalled; what else is in $home was there before and stays"
  else
    remove_inside "$root" "$application_name" || { set_failure uninstall.refused "$home is not a plain directory of its own" || fail; }
    message="$application_name is uninstalled"
  fi
  rm -f -- "$application_lock.holder"
}

remove_own_archives() {
  local folder
  for folder in "$state"/*/archive.zip; do
    folder=${folder%/archive.zip}
    rm -f -- "$root/project_${folder##*/}.zip"
  done
}

remove_state() { # its name begins with a dot, which remove_inside refuses
  [ ! -L "$state" ] && mv -T -- "$state" "$home/deployer-state" && remove_inside "$home" deployer-state
}
