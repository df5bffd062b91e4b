/** A frame that names its producer and its number, padded to `bytes` if they are enough. */
export function numberedFrame(producer: string, number: number, bytes = 0): string {
  const head = `data: ${producer}#${number}#`;
  return `${head}${'x'.repeat(Math.max(0, bytes - head.length - 2))}\n\n`;
}

/** The frames in `text` as `producer#number`, in order; throws if any of it is no whole frame. */
export function framesIn(text: string): string[] {
  const parts = text.split('\n\n');
  if (parts.pop() !== '') throw new Error('a frame was cut off');
  return parts.map((part) => {
    const name = /^data: (\w+#\d+)#x*$/.exec(part)?.[1];
    if (name === undefined) throw new Error(`not a whole frame: ${part.slice(0, 60)}`);
    return name;
  });
}
