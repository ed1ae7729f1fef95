/** Where the schemas live that the log's records were written with; the wire format carries only their ids. */
export interface SchemaRegistry {
  /** The id of this schema under its subject, a new one where it is not known yet. Rejects an incompatible version. */
  register(subject: string, schemaJson: string): Promise<number>;
  schemaById(id: number): Promise<string | null>;
}
