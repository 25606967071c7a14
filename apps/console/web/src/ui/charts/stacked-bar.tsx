import { Flex, theme } from 'antd';
import { Link } from 'react-router';

/** A part of a bar, and the list behind its number. */
export interface Segment {
  key: string;
  name: string;
  count: number;
  color: string;
  to?: string;
}

interface Props {
  segments: readonly Segment[];
  /** A legend, whose numbers lead to the lists behind them. */
  hasNumbers?: boolean;
}

/** A bar of parts. Parts of nothing are left out. */
export function StackedBar({ segments, hasNumbers = true }: Props) {
  const { token } = theme.useToken();
  const shown = segments.filter(({ count }) => count > 0);
  const height = hasNumbers ? 12 : 8;
  const label = shown.map(({ name, count }) => `${name} ${count.toLocaleString()}`).join(' · ') || '0';
  return (
    <Flex vertical gap={4}>
      <Flex
        {...(hasNumbers ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
        style={{ height, overflow: 'hidden', borderRadius: 6, background: token.colorFillSecondary }}
      >
        {shown.map(({ key, name, count, color }) => (
          <div
            key={key}
            title={`${name} ${count.toLocaleString()}`}
            style={{ flex: `${count} 0 2px`, background: color, transition: 'flex 0.3s' }}
          />
        ))}
      </Flex>
      {hasNumbers && (
        <Flex gap="4px 20px" wrap>
          {shown.map(({ key, name, count, color, to }) => (
            <Flex key={key} gap={6} align="center" style={{ overflowWrap: 'anywhere' }}>
              <span
                aria-hidden
                style={{ flex: '0 0 10px', height: 10, borderRadius: 2, background: color }}
              />
              <Counted name={name} count={count} to={to} />
            </Flex>
          ))}
        </Flex>
      )}
    </Flex>
  );
}

function Counted({ name, count, to }: Pick<Segment, 'name' | 'count' | 'to'>) {
  const text = (
    <>
      {name} <b>{count.toLocaleString()}</b>
    </>
  );
  return to === undefined ? text : <Link to={to}>{text}</Link>;
}
