// Microseconds as people read them.

/** 1:02:03, or 2:03; with `digits`, 2:03.456. */
export function clock(us, digits = 0) {
  const unit = 10 ** (6 - digits);
  const whole = Math.floor(us / unit) * unit;
  const seconds = whole / 1e6;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = (seconds % 60).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** A probability with two digits; never 0.00 for what is more than nothing, nor 1.00 below one. */
export function probability(value) {
  if (value > 0 && value < 0.005) return "<0.01";
  if (value < 1 && value >= 0.995) return ">0.99";
  return value.toFixed(2);
}
