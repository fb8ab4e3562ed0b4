// Whether this run keeps notes and progress to itself (--quiet).
let quiet = false;

export function beQuiet(): void {
  quiet = true;
}

export function isQuiet(): boolean {
  return quiet;
}
