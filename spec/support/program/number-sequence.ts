/** Numbers that a client was given, and that should count up by one. */
export class NumberSequence {
  count = 0;
  /** How often a number came again right behind itself. */
  repeated = 0;
  /** How many numbers were left out. */
  lost = 0;
  /** How often a number came that is lower than the one before. */
  reordered = 0;
  /** Every step that is neither the next number nor the same one. */
  readonly faults: string[] = [];

  /** @param last the number before the first one; undefined when any number may be the first */
  constructor(
    private readonly name: string,
    public last?: number,
  ) {}

  add(number: number): void {
    const { last } = this;
    this.count += 1;
    this.last = number;
    if (last === undefined || number === last + 1) return;
    if (number === last) {
      this.repeated += 1;
      return;
    }
    if (number > last) this.lost += number - last - 1;
    else this.reordered += 1;
    this.faults.push(`${this.name} was given ${number} after ${last}`);
  }
}
