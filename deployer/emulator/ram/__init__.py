"""Resource Access Management: policies, who they belong to, and what they decide."""
