export type { AccountChange, AccountChanged } from './change-account.ts';
export { changeOffline, type OfflineDisk, type OfflineOptions, type OfflineProgress } from './reset.ts';
