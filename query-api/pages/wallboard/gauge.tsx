/** The service level as a half circle, with a mark where the target is. The figure stands in it as text. */
import { percentDigits } from './format.ts';
import { SIGNS, type Tone, WORDS } from './tones.ts';

export interface GaugeProps {
  readonly value: number | null;
  readonly target: number;
  readonly tone: Tone;
  readonly label: string;
}

const ARC = 'M 10 60 A 50 50 0 0 1 110 60';
const HALF_TURN = 180;

export const Gauge = ({ value, target, tone, label }: GaugeProps) => (
  <div class="gauge" data-tone={tone} data-field="service_level">
    <svg viewBox="0 0 120 64" aria-hidden="true" focusable="false">
      <path class="gauge-track" d={ARC} pathLength={100} />
      {value !== null && value > 0 && (
        <path class="gauge-value" d={ARC} pathLength={100} stroke-dasharray={`${value * 100} 100`} />
      )}
      <line
        class="gauge-target"
        x1="1"
        y1="60"
        x2="19"
        y2="60"
        transform={`rotate(${target * HALF_TURN} 60 60)`}
      />
    </svg>
    <p class="gauge-figure">
      <span class="visually-hidden">{label} </span>
      <span class="value">{percentDigits(value)}</span>
      {value !== null && <span class="unit"> %</span>}
    </p>
    <p class="label">
      {tone !== 'none' && (
        <span class="sign" role="img" aria-label={WORDS[tone]}>
          {SIGNS[tone]}
        </span>
      )}{' '}
      {label}
    </p>
  </div>
);
