// The commands that reach into a guest, as the registry lists them.
import type { CommandEntry } from './registry.ts';

const INSIDE = 'Inside the guest:';

export const INSIDE_COMMANDS: readonly CommandEntry[] = [
  {
    name: 'exec',
    group: INSIDE,
    summary: 'Run a program inside the guest',
    load: async () => (await import('./commands/exec.ts')).exec,
  },
  {
    name: 'shell',
    group: INSIDE,
    summary: "Open the user's shell inside the guest",
    load: async () => (await import('./commands/shell.ts')).shell,
  },
  {
    name: 'jobs',
    group: INSIDE,
    summary: 'List the detached jobs of a guest',
    load: async () => (await import('./commands/jobs.ts')).jobs,
  },
  {
    name: 'attach',
    group: INSIDE,
    summary: 'Follow a detached job',
    load: async () => (await import('./commands/attach.ts')).attach,
  },
  {
    name: 'kill',
    group: INSIDE,
    summary: 'Signal or kill a detached job',
    load: async () => (await import('./commands/kill.ts')).kill,
  },
  {
    name: 'cp',
    group: INSIDE,
    summary: 'Copy files into a guest and out of it',
    load: async () => (await import('./commands/cp.ts')).cp,
  },
  {
    name: 'sync',
    group: INSIDE,
    summary: 'Make a directory like another, sending what changed',
    load: async () => (await import('./commands/sync.ts')).sync,
  },
  {
    name: 'cat',
    group: INSIDE,
    summary: 'Print files of a guest',
    load: async () => (await import('./commands/cat.ts')).cat,
  },
  {
    name: 'ls',
    group: INSIDE,
    summary: 'List files of a guest',
    load: async () => (await import('./commands/ls.ts')).ls,
  },
  {
    name: 'tail',
    group: INSIDE,
    summary: 'Print the end of a file of a guest, and follow it',
    load: async () => (await import('./commands/tail.ts')).tail,
  },
  {
    name: 'edit',
    group: INSIDE,
    summary: 'Edit a file of a guest here',
    load: async () => (await import('./commands/edit.ts')).edit,
  },
  {
    name: 'mkdir',
    group: INSIDE,
    summary: 'Make directories in a guest',
    load: async () => (await import('./commands/mkdir.ts')).mkdir,
  },
  {
    name: 'rm',
    group: INSIDE,
    summary: 'Remove files of a guest',
    load: async () => (await import('./commands/rm.ts')).rm,
  },
  {
    name: 'passwd',
    group: INSIDE,
    summary: "Set a user's password inside the guest",
    load: async () => (await import('./commands/passwd.ts')).passwd,
  },
  {
    name: 'get-password',
    group: INSIDE,
    summary: 'Show the password that the guest posted',
    load: async () => (await import('./commands/get-password.ts')).getPassword,
  },
  {
    name: 'keys',
    group: INSIDE,
    summary: "List, add and remove a user's SSH keys",
    load: async () => (await import('./commands/keys.ts')).keys,
  },
  {
    name: 'guest',
    group: INSIDE,
    summary: 'Show what a guest tells, and find what ails it',
    load: async () => (await import('./commands/guest.ts')).guest,
  },
  {
    name: 'cloud-init',
    group: INSIDE,
    summary: 'Show how far cloud-init is, its logs; run it again',
    load: async () => (await import('./commands/cloud-init.ts')).cloudInit,
  },
  {
    name: 'routes',
    group: INSIDE,
    summary: "Show the guest's routes",
    load: async () => (await import('./commands/routes.ts')).routes,
  },
  {
    name: 'time',
    group: INSIDE,
    summary: "Show and set the guest's clock",
    load: async () => (await import('./commands/time.ts')).time,
  },
  {
    name: 'trim',
    group: INSIDE,
    summary: 'Give unused disk space back to the host',
    load: async () => (await import('./commands/trim.ts')).trim,
  },
  {
    name: 'freeze',
    group: INSIDE,
    summary: "Freeze the guest's filesystems, with a deadline",
    load: async () => (await import('./commands/freeze.ts')).freeze,
  },
  {
    name: 'thaw',
    group: INSIDE,
    summary: "Thaw the guest's filesystems",
    load: async () => (await import('./commands/thaw.ts')).thaw,
  },
  {
    name: 'vcpus',
    group: INSIDE,
    summary: "Bring the guest's processors online",
    load: async () => (await import('./commands/vcpus.ts')).vcpus,
  },
  {
    name: 'forward',
    group: INSIDE,
    summary: 'Lead local ports and sockets into the guest',
    load: async () => (await import('./commands/forward.ts')).forward,
  },
  {
    name: 'addresses',
    group: INSIDE,
    summary: "Show the guest's interfaces and addresses",
    load: async () => (await import('./commands/addresses.ts')).addresses,
  },
  {
    name: 'console',
    group: INSIDE,
    summary: "Join the guest's serial console, or show its log",
    load: async () => (await import('./commands/console.ts')).showConsole,
  },
  {
    name: 'vnc',
    group: INSIDE,
    summary: 'Show where the VNC display listens; set its password',
    load: async () => (await import('./commands/vnc.ts')).vnc,
  },
  {
    name: 'screenshot',
    group: INSIDE,
    summary: "Write the guest's screen as PNG",
    load: async () => (await import('./commands/screenshot.ts')).screenshot,
  },
  {
    name: 'send-keys',
    group: INSIDE,
    summary: "Press keys of the guest's keyboard",
    load: async () => (await import('./commands/send-keys.ts')).sendKeys,
  },
  {
    name: 'nmi',
    group: INSIDE,
    summary: 'Send the guest an interrupt that cannot be masked',
    load: async () => (await import('./commands/nmi.ts')).nmi,
  },
];
