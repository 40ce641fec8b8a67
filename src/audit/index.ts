export { type AccessSettings, DEFAULT_ACCESS } from './access.ts';
export {
  type AuditOutcome,
  type AuditRecord,
  formatAuditLine,
  LONGEST_LINE,
  STARTED_AFTER_MS,
} from './audit-line.ts';
export {
  type AuditBeginning,
  type AuditEnding,
  AuditEntry,
  AuditLog,
  type AuditLogOptions,
  outcomeOf,
} from './audit-log.ts';
export {
  allows,
  type Demand,
  demand,
  type Grant,
  type InstanceFacts,
  LOCAL,
  PRIVILEGES,
  type Privilege,
  type Subject,
  sees,
} from './privileges.ts';
