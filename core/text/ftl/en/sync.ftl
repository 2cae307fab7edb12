# reviewed = true

sync-saved = saved on this device
sync-waiting = waiting
sync-sending = sending
sync-received = received by the server
sync-needs-you = needs you
sync-nothing-to-do = everything has arrived
sync-waiting-count = { $count } waiting
sync-needs-you-count = { $count } need you
sync-only-here = { $count } records of officer { $officer } are gone from the server since it was restored from a backup. They lie on this device alone and do not count. Ask him to synchronise; if his device is gone, visit the household again.
sync-no-signal = No signal. Your data is saved and goes out when there is one.
sync-last-at = last synchronised: { $at }
sync-now = synchronise now
