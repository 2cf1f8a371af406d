import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

/** The one accent: a calm petrol blue. */
const accent: MantineColorsTuple = [
  '#e6f3f7',
  '#d3e4ea',
  '#a8c9d4',
  '#79acbd',
  '#5294a9',
  '#39859d',
  '#2a7e98',
  '#1a6c85',
  '#0a6078',
  '#00536a',
];

/** Mantine's greys of the dark scheme, in the hue of our surfaces: from text to what lies deepest. */
const dark: MantineColorsTuple = [
  '#d5dbe1',
  '#b7c1cb',
  '#a3adb8',
  '#8b95a0',
  '#5b6570',
  '#434c56',
  '#252b32',
  '#1c2127',
  '#181d22',
  '#15191e',
];

/** Mantine's red is too pale to be read: ours takes its place. */
const FAULTS = {
  '--mantine-color-error': 'var(--state-fault)',
  '--mantine-color-red-text': 'var(--state-fault)',
  '--mantine-color-red-light-color': 'var(--state-fault)',
  '--mantine-color-red-filled': '#b3261e',
  '--mantine-color-red-filled-hover': '#951f18',
};

/** Text that steps back keeps its contrast, and surfaces are those of tokens.css. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...FAULTS,
    '--mantine-color-dimmed': '#55606b',
    '--mantine-color-placeholder': '#6b7580',
    '--mantine-color-body': '#ffffff',
  },
  dark: {
    ...FAULTS,
    '--mantine-color-dimmed': '#a3adb8',
    '--mantine-color-placeholder': '#8b95a0',
    '--mantine-color-body': '#1c2127',
    '--mantine-color-default': '#252b32',
    '--mantine-color-default-border': '#434c56',
    '--mantine-color-anchor': '#79c4dc',
  },
});

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 8, dark: 7 },
  colors: { accent, dark },
  defaultRadius: 'sm',
  fontFamily: 'system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  headings: { fontWeight: '600', sizes: { h1: { fontSize: '1.25rem' }, h2: { fontSize: '1rem' } } },
  components: {
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Drawer: { styles: { title: { fontWeight: 600 } } },
    Modal: { styles: { title: { fontWeight: 600 } } },
    // Its own grey is that of the page.
    SegmentedControl: { styles: { root: { backgroundColor: 'var(--line)' } } },
    Tooltip: { defaultProps: { withArrow: true } },
  },
});
