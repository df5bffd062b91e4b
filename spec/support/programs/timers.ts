// Imported before the package: counts the timers it has set and neither cleared nor seen fire,
// those that do not keep the process alive included.
const { setTimeout: later, setInterval: again, clearTimeout: cancel } = globalThis;
const due = new Set<unknown>();

export const timersDue = (): number => due.size;

function noted<T>(timer: T): T {
  due.add(timer);
  return timer;
}

function clear(timer?: NodeJS.Timeout): void {
  due.delete(timer);
  cancel(timer);
}

Object.assign(globalThis, {
  setTimeout(callback: () => void, ms?: number) {
    const timer = later(() => {
      due.delete(timer);
      callback();
    }, ms);
    return noted(timer);
  },
  setInterval: (callback: () => void, ms?: number) => noted(again(callback, ms)),
  clearTimeout: clear,
  clearInterval: clear,
});
