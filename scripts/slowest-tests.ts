// The test files that take a minute or more, the longest first: begun first, since last they would run alone, with nothing
// beside them. What is missing here only makes a run a little longer.
export const SLOWEST: readonly string[] = [
  'test/host/compute/cloud-init.test.ts',
  'test/host/ssh-gateway/guests.test.ts',
  'test/host/bridge/minimal.test.ts',
  'test/host/libvirt/native.test.ts',
  'test/host/compute/guest-doctor.test.ts',
  'test/host/compute/credentials.test.ts',
  'test/host/metadata-service/guests.test.ts',
  'test/host/backups/backup.test.ts',
  'test/host/life/rescue.test.ts',
  'test/host/life/power.test.ts',
];
