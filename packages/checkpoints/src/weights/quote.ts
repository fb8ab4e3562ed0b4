// Names that come from files, made safe and short for a message on a terminal.
export { quote } from '@maria/core';
