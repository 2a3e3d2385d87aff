// Probabilities of shots as columns of pixels. Only arithmetic.

/** The number of the shot at a time; `starts_us` rise. */
export function shotAt(starts_us, us) {
  let [low, high] = [0, starts_us.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts_us[middle] <= us) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * The highest probability in each column; -1 where nobody looked.
 *
 * Where many shots share a column the highest is shown: a short shot is never lost in a long film.
 */
export function columns(shots, probabilities, view, width) {
  const found = new Float32Array(width).fill(-1);
  let n = shotAt(shots.starts_us, view.from_us);
  for (; n < probabilities.length && shots.starts_us[n] < view.to_us; n += 1) {
    if (probabilities[n] === null) continue;
    const first = Math.max(0, Math.floor(view.x(shots.starts_us[n], width)));
    const end = Math.min(width, Math.max(first + 1, Math.ceil(view.x(shots.ends_us[n], width))));
    for (let x = first; x < end; x += 1) found[x] = Math.max(found[x], probabilities[n]);
  }
  return found;
}

// Levels of shade: enough to read a strip by, few enough to draw runs of one level at once.
const LEVELS = 24;

/** Runs of equal shade: `{from, to, level, present}` with level from 0 to 1; level -1 not seen. */
export function runs(found, threshold) {
  const list = [];
  for (let x = 0; x < found.length; x += 1) {
    const present = found[x] >= threshold;
    const level = found[x] < 0 ? -1 : Math.round(found[x] * LEVELS) / LEVELS;
    const last = list.at(-1);
    if (last && last.level === level && last.present === present) last.to = x + 1;
    else list.push({ from: x, to: x + 1, level, present });
  }
  return list;
}
