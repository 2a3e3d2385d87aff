// Which part of a film the timeline shows, and where a time lies in it. Only arithmetic.

const LEAST_US = 500_000;

export class View {
  /** The whole of a film, at first. */
  constructor(duration_us) {
    this.duration_us = Math.max(1, duration_us);
    this.whole();
  }

  get length_us() {
    return this.to_us - this.from_us;
  }

  whole() {
    this.from_us = 0;
    this.to_us = this.duration_us;
  }

  /** Show `factor` times as much; the time `around_us` stays where it is. */
  zoom(factor, around_us) {
    const least = Math.min(LEAST_US, this.duration_us);
    const length = Math.min(this.duration_us, Math.max(least, this.length_us * factor));
    const share = (around_us - this.from_us) / this.length_us;
    this.place(around_us - share * length, length);
  }

  pan(by_us) {
    this.place(this.from_us + by_us, this.length_us);
  }

  /** Bring a time into sight, if it is not. */
  follow(us) {
    if (us >= this.from_us && us <= this.to_us) return false;
    this.place(us - this.length_us / 2, this.length_us);
    return true;
  }

  place(from_us, length_us) {
    this.from_us = Math.min(Math.max(0, from_us), this.duration_us - length_us);
    this.to_us = this.from_us + length_us;
  }

  /** The pixel of a time in a picture so many pixels wide. */
  x(us, width) {
    return ((us - this.from_us) / this.length_us) * width;
  }

  /** The time of a pixel. */
  us(x, width) {
    const us = this.from_us + (x / width) * this.length_us;
    return Math.min(this.duration_us, Math.max(0, us));
  }

  /** Times to write at a ruler: round ones, not closer than `apart` pixels. */
  marks(width, apart = 90) {
    const wanted = (this.length_us / width) * apart;
    const step = STEPS_US.find((one) => one >= wanted) ?? Math.ceil(wanted / 36e8) * 36e8;
    const times = [];
    for (let us = Math.ceil(this.from_us / step) * step; us <= this.to_us; us += step) {
      times.push(us);
    }
    return times;
  }
}

const SECONDS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
const STEPS_US = SECONDS.map((seconds) => seconds * 1e6);
