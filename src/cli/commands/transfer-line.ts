// One line on a terminal that says how far a copy is; nothing elsewhere.
import { formatBytes } from '../../base/index.ts';
import type { TransferProgress } from '../../guest/index.ts';
import { printableLine } from '../printable.ts';
import type { Session } from '../session.ts';
import { displayWidth } from '../table.ts';

const CLEAR = '\r\x1b[K';

export class TransferLine implements Disposable {
  readonly #stream: NodeJS.WriteStream | undefined;
  #isShown = false;

  constructor(session: Session) {
    const { stderr } = session.streams;
    this.#stream = session.isTalkative && stderr.isTTY === true ? stderr : undefined;
  }

  /** For one file or tree; undefined where nobody looks. */
  of(name: string): ((progress: TransferProgress) => void) | undefined {
    const stream = this.#stream;
    if (stream === undefined) return undefined;
    return (progress) => {
      this.#isShown = true;
      stream.write(CLEAR + fitted(transferText(name, progress), (stream.columns || 80) - 1));
    };
  }

  [Symbol.dispose](): void {
    if (this.#isShown) this.#stream?.write(CLEAR);
  }
}

/** `disk.img  45 %  12 MiB of 27 MiB  8 MiB/s  2 s left` */
export function transferText(name: string, progress: TransferProgress): string {
  const { done, total, bytesPerSecond, etaSeconds } = progress;
  const parts = [printableLine(name)];
  if (total !== undefined && total > 0) parts.push(`${Math.min(100, Math.floor((done * 100) / total))} %`);
  parts.push(total === undefined ? formatBytes(done) : `${formatBytes(done)} of ${formatBytes(total)}`);
  parts.push(`${formatBytes(Math.round(bytesPerSecond))}/s`);
  if (etaSeconds !== undefined) parts.push(`${duration(etaSeconds)} left`);
  return parts.join('  ');
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function fitted(text: string, columns: number): string {
  let kept = text;
  while (displayWidth(kept) > columns) kept = [...kept].slice(0, -1).join('');
  return kept;
}
