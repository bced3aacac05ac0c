lambda_function_name='eventscale-gpu-workers-ingest'
sqs_queue_name='eventscale-gpu-workers-jobs'
queue_url='https://sqs.eu-central-1.amazonaws.com/123456789012/eventscale-gpu-workers-jobs'
asg='it'\''s $HOME	& <co>'
