/** What a sequence takes of memory beside its numbers, and how much those of a file may take. */
export const bytesOfSequence = 900;
export const mostSequenceBytes = 1.5e9;

/** More than these do not fit, however short they are. */
export const mostSequences = Math.floor(mostSequenceBytes / bytesOfSequence);

/** What is said of a data file with more of them. @param remedy what makes fewer */
export function tooManySequences(file: string, remedy = ""): string {
  return `${file} has more than ${mostSequences.toLocaleString("en")} sequences, which do not fit into memory${remedy}`;
}
