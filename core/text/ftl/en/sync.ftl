# reviewed = true

sync-saved = saved on this device
sync-waiting = waiting
sync-sending = sending
sync-received = received by the server
sync-needs-you = needs you
sync-nothing-to-do = everything has arrived
sync-waiting-count = { $count } waiting
sync-needs-you-count = { $count } need you
sync-only-here = { $count } records of officer { $officer }: nothing of them has come since the server was restored from a backup. They lie on this device alone and do not count. Ask the officer to synchronise; if that device is gone, visit the household again.
sync-only-here-own = { $count } earlier records of yours: nothing of them has come since the server was restored from a backup. They lie on this device alone and do not count. Visit the household again.
sync-only-here-count = { $count } records lie on this device alone
sync-no-signal = No signal. Your data is saved and goes out when there is one.
sync-last-at = last synchronised: { $at }
sync-now = synchronise now
