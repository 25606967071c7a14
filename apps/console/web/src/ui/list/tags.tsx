import { Flex, Tag } from 'antd';

/** Words, each as a tag. */
export function Tags({ words }: { words: readonly string[] }) {
  return (
    <Flex gap={4} wrap>
      {words.map((word) => (
        <Tag key={word}>{word}</Tag>
      ))}
    </Flex>
  );
}
