// Schemas of Parquet files as their bytes are stored.
import type { SchemaElement, SchemaTree } from 'hyparquet';

/** Without what their bytes stand for: values then are what is stored. Keys of maps have to be text. */
export function storedSchema(schema: readonly SchemaElement[]): SchemaElement[] {
  return schema.map((element, index) => {
    if (element.type === undefined || isKeyOfMap(schema, index)) return element;
    const { converted_type: _, logical_type: __, ...stored } = element;
    return stored;
  });
}

/** A map is a group with a group of a key and a value in it. */
function isKeyOfMap(schema: readonly SchemaElement[], index: number): boolean {
  return schema[index - 2] !== undefined && isMap(schema[index - 2]!);
}

function isMap({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return converted === 'MAP' || converted === 'MAP_KEY_VALUE' || logical?.type === 'MAP';
}

/** Whether there is a map in it whose keys are no text. */
export function hasMapOfOthers({ element, children }: SchemaTree): boolean {
  const key = children[0]?.children[0]?.element;
  const isText = key?.converted_type === 'UTF8' || key?.logical_type?.type === 'STRING';
  return (isMap(element) && !isText) || children.some(hasMapOfOthers);
}
