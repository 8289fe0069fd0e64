export const label = "ui";
