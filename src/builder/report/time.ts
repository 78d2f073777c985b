/** A duration as people read it: `0.4s`, `12.3s`, `2m05s`, `1h02m`. */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) {
    return `${seconds.toFixed(1)}s`;
  }
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) {
    return `${minutes}m${String(whole % 60).padStart(2, '0')}s`;
  }
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m`;
}

/** An estimated duration in words: `40 s`, `4 min`, `1 h 20 min`. */
export function approximate(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 57.5) {
    return `${Math.max(5, 5 * Math.round(seconds / 5))} s`;
  }
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) {
    return `${minutes} min`;
  }
  const tens = 10 * Math.round(minutes / 10);
  const [hours, rest] = [Math.floor(tens / 60), tens % 60];
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}
