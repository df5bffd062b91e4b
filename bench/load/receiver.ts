/** Takes the messages of a session's stream, and checks each. The bytes live for the call only. */
export interface Receiver {
  receive(data: Buffer): void;
}
