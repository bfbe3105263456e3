import { CodeText } from '../../ui/code';

/** Where a token of a ClusterOS cluster comes from. */
export function TokenHint() {
  return (
    <>
      On a node, <CodeText>node-agent token create --role operator</CodeText> prints one.
    </>
  );
}
